# What `cmake --install` puts where; DESTDIR is honoured. Nothing is written to /etc: the samples go to the data folder,
# since /etc/courier holds the administrator's own files.
include(GNUInstallDirs)

install(TARGETS postrider RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

# postrider_links(FOLDER NAME...): Courier's names as relative links to the one binary. What stands there and is not
# this link belongs to somebody else, probably Courier: it stays, with a warning.
function(postrider_links folder)
  foreach(name IN LISTS ARGN)
    install(CODE "
      set(folder \"${folder}\")
      set(binary \"${CMAKE_INSTALL_BINDIR}/postrider\")
      cmake_path(ABSOLUTE_PATH folder BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\" NORMALIZE)
      cmake_path(ABSOLUTE_PATH binary BASE_DIRECTORY \"\${CMAKE_INSTALL_PREFIX}\" NORMALIZE)
      file(RELATIVE_PATH target \"\${folder}\" \"\${binary}\")
      set(link \"\$ENV{DESTDIR}\${folder}/${name}\")
      set(present \"\")
      if(IS_SYMLINK \"\${link}\")
        file(READ_SYMLINK \"\${link}\" present)
      elseif(EXISTS \"\${link}\")
        set(present \"a file\")
      endif()
      if(present AND NOT present STREQUAL target)
        message(WARNING \"\${link} is not ours and stays\")
      else()
        message(STATUS \"Installing: \${link} -> \${target}\")
        file(MAKE_DIRECTORY \"\$ENV{DESTDIR}\${folder}\")
        file(CREATE_LINK \"\${target}\" \"\${link}\" SYMBOLIC)
      endif()")
  endforeach()
endfunction()

postrider_links(${CMAKE_INSTALL_BINDIR} imapd pop3d)
postrider_links(${CMAKE_INSTALL_SBINDIR} userdb makeuserdb userdbpw pw2userdb vchkpw2userdb authtest
                authenumerate authpasswd authinfo)

install(FILES config/imapd config/imapd-ssl config/pop3d config/pop3d-ssl config/authdaemonrc config/postrider
  DESTINATION ${CMAKE_INSTALL_DATADIR}/postrider/samples)
install(FILES systemd/postrider.service systemd/postrider-imap.socket systemd/postrider-imaps.socket
              systemd/postrider-pop3.socket systemd/postrider-pop3s.socket
  DESTINATION lib/systemd/system)
install(FILES systemd/postrider.sysusers.conf DESTINATION lib/sysusers.d RENAME postrider.conf)
install(FILES systemd/vmail.conf DESTINATION ${CMAKE_INSTALL_DATADIR}/postrider/systemd)
install(PROGRAMS sysvinit/postrider DESTINATION ${CMAKE_INSTALL_DATADIR}/postrider/sysvinit)
install(FILES docs/man/postrider.5 DESTINATION ${CMAKE_INSTALL_MANDIR}/man5)
install(FILES docs/man/postrider.8 docs/man/postrider-control.8 docs/man/imapd.8 docs/man/pop3d.8
              docs/man/userdb.8 docs/man/makeuserdb.8 docs/man/userdbpw.8 docs/man/pw2userdb.8
              docs/man/vchkpw2userdb.8
              docs/man/authtest.8 docs/man/authenumerate.8 docs/man/authpasswd.8 docs/man/authinfo.8
  DESTINATION ${CMAKE_INSTALL_MANDIR}/man8)
